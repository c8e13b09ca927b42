"""Device models: calibrated cards and the vectorised devices made of them."""
