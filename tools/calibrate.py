"""Compare a calibrated world with the data it is fitted to; fit it again; draw both.

    python tools/calibrate.py default                     the comparison, as a table
    python tools/calibrate.py shipped --plot shipped.png  and as small multiples
    python tools/calibrate.py ml-1m --fit                 turn the knobs until the targets are near, and print them

Minutes for `ml-1m` and `shipped`; `--fit` runs the world several times.
"""

import argparse
import sys
from pathlib import Path

from playbill.errors import PlaybillError
from playbill.simulation import calibration
from playbill.simulation.marginals import compare, table


def main() -> None:
    """Run the world, compare, and do what else is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("world", choices=sorted(calibration.WORLDS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fit", action="store_true", help="turn the knobs, from the values that stand in the code")
    parser.add_argument("--plot", type=Path, help="a picture of both; needs pip install playbill[plots]")
    given = parser.parse_args()
    setting = calibration.setting_of(given.world)
    parameters = setting.parameters
    if given.fit:
        parameters = calibration.fit(
            setting.target, lambda p: calibration.behaviour(setting, p, given.seed), parameters, told=print
        )
        values = {name: value for name, value, _, _ in parameters}
        for knob in calibration.KNOBS:
            print(f"{knob.parameter} = {values[knob.parameter]:.4g}")
    simulated = calibration.behaviour(setting, parameters, given.seed)
    print(table(compare(setting.target, simulated)))
    if given.plot:
        calibration.plot(setting.target, simulated, given.plot, setting.name)
        print(f"Made {given.plot}.")


if __name__ == "__main__":
    try:
        main()
    except PlaybillError as wrong:
        sys.exit(f"calibrate: {wrong}")
