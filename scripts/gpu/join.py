#!/usr/bin/env python3
"""Joins the results of run.sh into one file of rows and prints them as a table. Exits with 1 if a part failed or measured nothing.

join.py META ROWS_FOLDER RESULT     Python's standard library alone.
"""

import datetime
import json
import platform
import subprocess
import sys
from pathlib import Path

WIDTHS = {"implementation": 14, "op": 18, "pass": 17, "dtype": 9, "N": 7, "d": 5, "n": 3, "m": 3, "options": 18}
NUMBERS = ("us", "gbps", "percentOfCopy")


def device():
    """The output of nvidia-smi for the first GPU."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        line = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError) as error:
        print(f"nvidia-smi failed: {error}")
        return {"device": "unknown", "driver": "unknown"}
    name, driver = (each.strip() for each in line.split(","))
    return {"device": name, "driver": driver}


def read_rows(path, implementation):
    """The rows of a file. A missing file has no rows; the status of its part shows the failure."""
    if not path.exists():
        return []
    return [{"implementation": implementation, **json.loads(line)} for line in path.read_text().splitlines() if line]


def read_steps(path):
    steps = [line.split() for line in path.read_text().splitlines()]
    return [{"step": name, "status": int(status), "seconds": int(seconds)} for name, status, seconds in steps]


def time_of(rows, **wanted):
    """The shortest time among the rows with these values."""
    return min((row["us"] for row in rows if all(row.get(key) == value for key, value in wanted.items())), default=None)


def goals(rows):
    """The goals of NOTES.md that compare kernels with PyTorch: both times and their ratio, if both were measured."""
    result = []
    for dtype, d in sorted({(row["dtype"], row["d"]) for row in rows if row["implementation"] == "add+rmsnorm"}):
        at = {"dtype": dtype, "d": d, "N": 16384, "m": 4, "n": 4}
        own = {"implementation": "frac-connections", "op": "frac_depth_width"}
        ours = {
            (pass_, options): time_of(rows, **own, options=options, **at, **{"pass": pass_})
            for pass_ in ("forward", "gradient")
            for options in ("dynamic", "dynamic prenorm")
        }
        peer = time_of(rows, implementation="compile", op="frac_depth_width", **at, **{"pass": "forward + backward"})
        both = [ours["forward", "dynamic"], ours["gradient", "dynamic"]]
        if peer and all(both):
            result.append({"goal": "torch.compile / ours, forward + backward: 2 at least", **at, "ratio": peer / sum(both)})
        both = [ours["forward", "dynamic prenorm"], ours["gradient", "dynamic prenorm"]]
        for pass_, mine in (("forward", both[:1]), ("forward + backward", both)):
            floor = time_of(rows, implementation="add+rmsnorm", dtype=dtype, d=d, N=16384, **{"pass": pass_})
            if floor and all(mine):
                result.append({"goal": f"ours / add+RMSNorm, {pass_}: 1.15 at most", **at, "ratio": sum(mine) / floor})
    return result


def table(rows):
    print("".join(f"{name:<{width}}" for name, width in WIDTHS.items()) + "".join(f"{name:>14}" for name in NUMBERS))
    for row in rows:
        words = "".join(f"{str(row.get(name, '')):<{width - 1}.{width - 1}} " for name, width in WIDTHS.items())
        print(words + "".join(f"{row[name]:>14.1f}" for name in NUMBERS))


def main(meta_file, folder, result_file):
    folder, meta = Path(folder), json.loads(Path(meta_file).read_text())
    common = {**device(), "date": datetime.date.today().isoformat()}
    rows = read_rows(folder / "bench.jsonl", "frac-connections") + read_rows(folder / "peers.jsonl", "unknown")
    for row in rows:
        row.update(device=common["device"], driver=common["driver"], commit=meta["commit"], date=common["date"])
    steps = read_steps(folder / "steps")
    failed = [f"{each['step']} ({each['status']})" for each in steps if each["status"] != 0]
    for name in ("bench", "peers"):
        if not read_rows(folder / f"{name}.jsonl", ""):
            failed.append(f"{name} has no rows")
    compared = goals(rows)
    result = {"command": "run.sh", **meta, **common, "host": platform.machine(), "failed": failed, "steps": steps}
    Path(result_file).write_text(json.dumps({**result, "goals": compared, "rows": rows}, indent=1) + "\n")
    table(rows)
    for each in compared:
        print(f"{each['dtype']}, d {each['d']}: {each['goal']}: {each['ratio']:.2f}")
    print(f"{common['device']}, driver {common['driver']}, commit {meta['commit']}; {result_file}")
    print(f"FAILED: {', '.join(failed)}" if failed else "all parts passed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
