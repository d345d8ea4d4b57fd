"""What runs a program. Engines are thin: all decisions were taken when it was lowered."""
