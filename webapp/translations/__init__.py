"""The message catalogues: Chinese is written in the code, English in en/LC_MESSAGES/messages.po."""
