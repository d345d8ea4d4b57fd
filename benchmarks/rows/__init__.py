"""What is measured: ordinary NumPy functions and inputs for them, a file for each family."""
