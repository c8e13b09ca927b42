/* Cortex-M start-up without a vendor library: vectors, memory, floating point, then main. */
#include <stdint.h>

extern uint32_t _stack_top, _data_load, _data_start, _data_end, _bss_start, _bss_end;
int main(void);
void semihost_exit(int code);

void reset_handler(void)
{
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20; /* CPACR: switch the FPU on */
    __asm volatile("dsb\n isb");
    for (uint32_t *from = &_data_load, *to = &_data_start; to < &_data_end;) *to++ = *from++;
    for (uint32_t *to = &_bss_start; to < &_bss_end;) *to++ = 0;
    semihost_exit(main());
}

void fault_handler(void) { semihost_exit(1); }

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &_stack_top,   (void *)reset_handler, (void *)fault_handler, (void *)fault_handler,
    (void *)fault_handler, (void *)fault_handler, (void *)fault_handler,
};
