"""Runs the rig's driver with targets that bring a check and markers of their own.

``python measure.py RIG W1 W2 --targets peer_django,archivolt``, in the rig's own
environment. The driver is imported as it is; for targets without ``check`` and
``MARKERS`` nothing changes.
"""

import sys
import urllib.error
from pathlib import Path


def adapt(driver):
    """Let targets check themselves, and name what their answers hold."""
    plan_of, check = driver.plan_of, driver.check

    def own_check(target):
        if not hasattr(target, "check"):
            return check(target)
        return target.check(driver.call, driver.WORD, urllib.error.HTTPError)

    def own_plan(name, target, *arguments, **options):
        specs, marker, loop = plan_of(name, target, *arguments, **options)
        return specs, getattr(target, "MARKERS", {}).get(name, marker), loop

    driver.check, driver.plan_of = own_check, own_plan


def main():
    """Import the driver from the rig's folder and run it."""
    rig = Path(sys.argv.pop(1)).resolve()
    sys.path.insert(0, str(rig / "load"))
    import bench

    adapt(bench)
    bench.main()


if __name__ == "__main__":
    main()
