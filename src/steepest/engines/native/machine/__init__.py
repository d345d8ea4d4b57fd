"""From LLVM's text to code that runs: for which processor, compiled, kept on disk, loaded, on several threads."""
