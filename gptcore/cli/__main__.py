"""`python -m gptcore.cli`: the command `gptcore` where it is not installed as one."""

from gptcore.cli import entry

entry()
