"""A program as one C99 function on row-major arrays: loops, fused where one array feeds the next."""
