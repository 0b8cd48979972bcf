"""The language server: what editors ask about a Dockerfile while somebody types.

`analysis.py` knows what can be done with a text, `positions.py` where its characters lie for an
editor, `answers.py` puts both into the words of the protocol, and `server.py` talks. Only the last
two know pygls, which is installed by the extra `lsp`.
"""
