from fastcsv._native import parse

__all__ = ["parse"]
