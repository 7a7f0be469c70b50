import TorchConformance

ConformanceCommand.main()
