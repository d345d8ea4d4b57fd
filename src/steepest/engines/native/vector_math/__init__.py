"""The library of mathematical functions as LLVM IR: branch-free polynomials on vectors, inlined into the kernel."""
