"""`python -m okx_fast` is the `okx-fast` command."""

import sys

from okx_fast.cli import main

sys.exit(main())
