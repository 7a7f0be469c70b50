import Torch

/// Something to time, under the name that the PyTorch side gives the same work.
struct Workload {
  /// How many different inputs a workload rotates through, so that no run finds its data in the cache by accident.
  static let batchCount = 4

  /// Work that is ready to run.
  struct Run {
    /// Does the work on one of the batches.
    let step: (_ batch: Int) -> Void
    /// Does the work once on each batch, for a number that depends on all results; the PyTorch side must find the same.
    let checksum: () -> Double
  }

  let name: String
  /// Makes inputs and hands over the work.
  let prepare: () -> Run
}

extension Workload {
  /// A function of tensors: inputs are drawn anew for each batch, from the seed of the batch's number.
  ///
  /// The checksum adds up the digests of the results.
  init<Inputs>(_ name: String, _ inputs: @escaping () -> Inputs, _ work: @escaping (Inputs) -> Tensor) {
    self.name = name
    prepare = {
      let batches = (0..<Self.batchCount).map { batch in
        manualSeed(batch)
        return inputs()
      }
      return Run(
        step: { _ = work(batches[$0]) }, checksum: { noGrad { batches.reduce(0.0) { $0 + digest(work($1)) } } })
    }
  }
}

/// A number that tells whether two results agree: a weighted mean of the magnitudes.
func digest(_ result: Tensor) -> Double {
  noGrad { result.detach().to(.float64).abs().mean().item() }
}
