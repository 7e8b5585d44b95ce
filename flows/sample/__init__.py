"""A small agency's fortnight of mail and calendars: what ``accountline demo`` ingests (``unpack.py`` writes it out).

The words are in ``story/``: one readable file per client, ``people.toml`` for who is who, ``agenda.toml`` for the
calendars. Every line was written for this sample; every address is under a reserved name (RFC 2606, RFC 6761).
"""
