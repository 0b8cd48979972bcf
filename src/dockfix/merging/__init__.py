"""What merging RUNs gains and costs."""
