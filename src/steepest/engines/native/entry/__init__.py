"""From a Python call straight to a kernel: the callable type, the machine code behind it, the tables it reads."""
