"""Facts of Debian's and Ubuntu's packages, and what follows from them for an apt install.

    bases       which suites an image of the FROM line has
    questions   what passes ask: whether the order of a list matters, whether two installs may be
                one, which programs an install brings
    choices     how the first two are decided
    table       reading the file of facts

Nothing is read before a question is asked. What the tables do not know is unknown, not harmless.
"""
