"""x"""


def read_fields(text):
    return []
