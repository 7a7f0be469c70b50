import Synchronization
import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a loader was told beside its data set.
struct LoaderOptions {
  /// Nil where samples come one by one.
  var batchSize: Int?
  var shuffle = false
  var sampler: (any Sampler<Int>)?
  var batchSampler: (any Sampler<[Int]>)?
  var numWorkers: Int
  var dropLast: Bool
  var pinMemory: Bool
  var prefetchFactor: Int?
  var persistentWorkers: Bool
  var timeout: Double
  var workerInit: (@Sendable (Int) throws -> Void)?
  var generator: Generator?
  var onError: LoaderErrorPolicy

  /// A fault where options contradict each other.
  func check() {
    if let batchSize, batchSize < 1 { fault("DataLoader", "batchSize must be positive, got \(batchSize)") }
    if numWorkers < 0 { fault("DataLoader", "numWorkers cannot be negative, got \(numWorkers)") }
    if shuffle && sampler != nil { fault("DataLoader", "a sampler decides the order; leave shuffle out") }
    if batchSampler != nil && (batchSize != 1 || shuffle || sampler != nil || dropLast) {
      fault("DataLoader", "a batchSampler decides the batches; leave batchSize, shuffle, sampler and dropLast out")
    }
    if let prefetchFactor {
      if prefetchFactor < 1 { fault("DataLoader", "prefetchFactor must be positive, got \(prefetchFactor)") }
      if numWorkers == 0 { fault("DataLoader", "prefetchFactor wants workers; give numWorkers") }
    }
    if persistentWorkers && numWorkers == 0 {
      fault("DataLoader", "persistentWorkers wants workers; give numWorkers")
    }
    if !(timeout >= 0) { fault("DataLoader", "timeout cannot be negative, got \(timeout) seconds") }
    if timeout > 0 && numWorkers == 0 { fault("DataLoader", "a timeout wants workers; give numWorkers") }
  }
}

private let hasWarned = Atomic(false)

/// Says once on standard error that there is nothing to pin memory for, as torch does.
func warnOnceAboutPinning() {
  if hasWarned.exchange(true, ordering: .relaxed) { return }
  var line = "warning: DataLoader: pinMemory changes nothing, since there is no GPU\n"
  line.withUTF8 { bytes in _ = write(2, bytes.baseAddress, bytes.count) }
}
