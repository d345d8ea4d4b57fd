"""Who is measured: a file for each library, which knows how its users ask for a derivative."""
