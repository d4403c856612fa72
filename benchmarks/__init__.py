"""Speed, as ratios against a bare script in the same run. Correctness is the tests' business."""
