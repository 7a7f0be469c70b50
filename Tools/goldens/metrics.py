"""Prints the averages that Tests/TorchUtilsTests/MetricsTests.swift holds, by scikit-learn's definitions in numpy.

    python Tools/goldens/metrics.py
"""

import numpy as np

truth = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 4])
guesses = np.array([0, 1, 0, 1, 1, 2, 0, 2, 1, 3])
classes = 5


def share(part, whole):
    """A share of nothing is 0: zero_division=0."""
    return np.divide(part, whole, out=np.zeros(np.shape(part)), where=np.asarray(whole) != 0)


right = np.array([np.sum((truth == c) & (guesses == c)) for c in range(classes)], dtype=float)
predicted = np.array([np.sum(guesses == c) for c in range(classes)], dtype=float)
support = np.array([np.sum(truth == c) for c in range(classes)], dtype=float)

precision, recall = share(right, predicted), share(right, support)
# F1 is 2 TP / (2 TP + FP + FN), as scikit-learn computes it since 1.3.
f1 = share(2 * right, predicted + support)
print("classes ", precision, recall, f1)

for name, weights in [("macro", np.ones(classes)), ("weighted", support)]:
    print(name, *[repr(float(np.average(score, weights=weights))) for score in (precision, recall, f1)])
micro = right.sum() / len(truth)
print("micro", micro, micro, 2 * right.sum() / (predicted.sum() + support.sum()))
