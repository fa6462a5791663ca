"""The wire forms, with their limits: raw values in; validated ones out, or Invalid with every fault."""
