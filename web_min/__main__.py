"""`python -m web_min --config FILE`, which is what `kirok web` runs."""

import argparse
import logging
import sys
from pathlib import Path

from appliance import disk_failure, private_memory
from web_min.service import serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="kirok web", description="Serve the page.")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", required=True, help="site.toml of the data folder"
    )
    given = parser.parse_args()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    private_memory.forbid_dumps()
    private_memory.lock()
    try:
        return serve(given.config)
    except (OSError, ValueError) as error:
        print(f"kirok web: {error}", file=sys.stderr)
        if remedy := disk_failure.remedy(error):
            print(f"kirok web: {remedy}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
