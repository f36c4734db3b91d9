"""What is inferred from a frame: training, calibration, comparison, reasons, ranking. Frames in, values out."""
