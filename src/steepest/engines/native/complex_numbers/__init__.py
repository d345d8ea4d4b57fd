"""Programs of complex numbers as programs of their real and imaginary parts."""
