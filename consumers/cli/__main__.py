"""`python -m consumers.cli`: the command `airledger`, run as a module.

Python puts the working directory first on its path for `-m`, so a foreign `ledger.py` there is
imported in place of ours; `python -P -m consumers.cli` and the command `airledger` leave it out.
"""

import sys

from consumers.cli import main

sys.exit(main())
