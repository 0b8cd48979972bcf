"""What installs need, read, leave behind and influence, asked over all package managers."""
