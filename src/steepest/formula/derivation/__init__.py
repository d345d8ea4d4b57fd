"""How a derivative comes about: rule by rule, or from the difference quotient. Every line is an equation."""
