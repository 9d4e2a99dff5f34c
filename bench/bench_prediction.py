"""Remaining time and outcome on public logs: error, coverage and calibration against simple baselines.

    HOSHIN_TEST_DATA=FOLDER python bench/bench_prediction.py [LOG ...]

A temporal split: models learn from cases that had ended before the last quarter of cases began (and are calibrated on
the later of those); they are judged on every moment but the last of the cases that began after it. The outcome is
`slow`: the case ends among the slowest quarter. No attributes are used, only what happened, who did it and when.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

from hoshin.connect.files import read_file
from hoshin.mine.backtest import backtest_chance, backtest_times
from hoshin.mine.outcome import parse_outcome

LOGS = [
    "Receipt_WABO_CoSeLoG.xes.gz",
    "Helpdesk_italian.pm4py.xes.gz",
    "Sepsis_4tu.xes.gz",
    "BPI2013_incidents.xes.gz",
    "BPI2012.xes.gz",
    "BPI2020_DomesticDeclarations.xes.gz",
    "BPI2020_InternationalDeclarations.xes.gz",
    "BPI2020_PermitLog.xes.gz",
    "BPI2020_PrepaidTravelCost.xes.gz",
    "BPI2020_RequestForPayment.xes.gz",
    "Road_Traffic_Fine_Management_Process.xes.gz",
]
DAY = 86400


def main() -> None:
    folder = Path(os.environ["HOSHIN_TEST_DATA"]) / "logs"
    times, chances = [], []
    for name in sys.argv[1:] or LOGS:
        if not (folder / name).exists():
            print(f"{name} is not there: left out", file=sys.stderr)
            continue
        log = read_file(folder / name).log
        short = name.partition(".")[0]
        begin = time.perf_counter()
        for row in backtest_times(log):
            cover = [row[k] for k in ("coverage_share", "fixed_coverage_share")]
            width = row["median_width_s"]
            shown = [f"{100 * c:.1f}" if c is not None else "-" for c in cover]
            times.append(
                f"| {short} | {row['method']} | {row['tested_on']:,} | {row['mae_s'] / DAY:.2f} | "
                f"{row['mae_vs_last_activity']:.2f} | {shown[0]} | {shown[1]} | "
                f"{'-' if width is None else f'{width / DAY:.1f}'} |"
            )
        for row in backtest_chance(log, parse_outcome(log, "slow").hit):
            auc = "-" if row["auc"] is None else f"{row['auc']:.3f}"
            chances.append(
                f"| {short} | {row['method']} | {auc} | {row['brier']:.3f} | {row['calibration_error_share']:.3f} |"
            )
        print(f"{short}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)
    print("| log | method | moments | MAE, d | vs last activity | coverage, % | fixed, % | width, d |")
    print("|---|---|---:|---:|---:|---:|---:|---:|", *times, sep="\n")
    print("\n| log | method | AUC | Brier | calibration error |\n|---|---|---:|---:|---:|", *chances, sep="\n")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
