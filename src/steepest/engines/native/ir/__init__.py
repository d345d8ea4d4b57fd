"""LLVM intermediate representation as text: values, places, and the builder that writes instructions."""
