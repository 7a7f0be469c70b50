/// What went wrong while a loader made a batch, and with which samples.
public struct LoaderError: Error, Sendable, CustomStringConvertible {
  /// The number of the sample that could not be read; nil where the samples were read but made no batch.
  ///
  /// In a stream it is how many samples its reader had given before.
  public let index: Int?
  /// What the data set calls the sample: the path of its file, say.
  public let name: String?
  /// The numbers of all samples of the batch; empty for a stream.
  public let indices: [Int]
  /// What the data set, or what makes batches, threw.
  public let reason: any Error
  /// The worker that met it; nil where the loop's own thread did.
  public let worker: Int?
  private let what: String

  /// A sample that cannot be read.
  static func sample(_ index: Int, name: String?, of indices: [Int], _ reason: any Error) -> LoaderError {
    LoaderError(index: index, name: name, indices: indices, reason: reason, what: "sample \(index)")
  }

  /// A sample of a stream that cannot be read.
  static func streamed(_ index: Int, _ reason: any Error) -> LoaderError {
    LoaderError(index: index, name: nil, indices: [], reason: reason, what: "sample \(index) of the stream")
  }

  /// Samples that cannot be put together.
  static func batch(_ indices: [Int], _ reason: any Error) -> LoaderError {
    let shown = indices.prefix(8).map(String.init) + (indices.count > 8 ? ["..."] : [])
    let what = indices.isEmpty ? "the batch" : "the batch of samples [\(shown.joined(separator: ", "))]"
    let reason = (reason as? CollateError)?.numbered(indices) ?? reason
    return LoaderError(index: nil, name: nil, indices: indices, reason: reason, what: what)
  }

  /// A worker or a stream that could not begin.
  static func start(_ reason: any Error) -> LoaderError {
    LoaderError(index: nil, name: nil, indices: [], reason: reason, what: "the start of reading")
  }

  private init(index: Int?, name: String?, indices: [Int], reason: any Error, what: String) {
    (self.index, self.name, self.indices, self.reason, self.what) = (index, name, indices, reason, what)
    worker = WorkerInfo.current?.id
  }

  /// `sample 17 (cats/12.jpg): the file ends in the middle of the picture`.
  public var description: String { what + (name.map { " (\($0))" } ?? "") + ": \(reason)" }
}

/// What a loader does about samples that cannot be read, or not be put together.
public enum LoaderErrorPolicy: Sendable {
  /// A `for` loop ends the program with the error, ``DataLoader/makeThrowingIterator()`` throws it.
  case stop
  /// Batches go on without these samples; where samples do not fit together, without their batch. `report` gets each
  /// error, in order, on the thread of the loop. A stream that cannot begin stops the loop all the same.
  case skip(_ report: @Sendable (LoaderError) -> Void)
}
