// torch-conformance with two ops more, that no product has: one traps, one never ends.
import TorchConformance

ConformanceCommand.addProbes()
ConformanceCommand.main()
