"""CoUn: machine-unlearning experiments, from the choice of a forget set to the exported table."""

__version__ = "0.1.0"
