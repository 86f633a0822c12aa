"""`python -m appliance` is `kirok`."""

import sys

from appliance.cli import main

sys.exit(main())
