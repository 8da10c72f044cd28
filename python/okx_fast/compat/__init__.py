"""Other clients' names and results on okx_fast, for who moves step by step: `okx` is OKX's own python-okx."""
