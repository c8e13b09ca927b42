"""Networks leave as ONNX, with proof that they spike alike."""

from networks.export.onnx import export_onnx
from networks.export.parity import describe_file, verify_onnx

__all__ = ["describe_file", "export_onnx", "verify_onnx"]
