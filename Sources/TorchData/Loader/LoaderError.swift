/// What went wrong while a loader made a batch, and with which samples.
public struct LoaderError: Error, Sendable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// A sample that cannot be read.
    case sample
    /// Samples that were read but make no batch.
    case batch
    /// A worker or a stream that cannot begin.
    case start
    /// A worker that did not deliver in time; ``LoaderError/reason`` is a ``LoaderTimeout``.
    case timeout
  }

  /// The kind of trouble.
  public let kind: Kind
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
  /// The worker that met it, or did not deliver; nil where the loop's own thread met it.
  public let worker: Int?
  private let what: String

  /// A sample that cannot be read.
  static func sample(_ index: Int, name: String?, of indices: [Int], _ reason: any Error) -> LoaderError {
    LoaderError(.sample, index: index, name: name, indices: indices, reason: reason, what: "sample \(index)")
  }

  /// A sample of a stream that cannot be read.
  static func streamed(_ index: Int, _ reason: any Error) -> LoaderError {
    LoaderError(.sample, index: index, reason: reason, what: "sample \(index) of the stream")
  }

  /// Samples that cannot be put together.
  static func batch(_ indices: [Int], _ reason: any Error) -> LoaderError {
    let what = indices.isEmpty ? "the batch" : "the batch of samples \(shown(indices))"
    let reason = (reason as? CollateError)?.numbered(indices) ?? reason
    return LoaderError(.batch, indices: indices, reason: reason, what: what)
  }

  /// A worker or a stream that could not begin.
  static func start(_ reason: any Error) -> LoaderError {
    LoaderError(.start, reason: reason, what: "the start of reading")
  }

  /// A batch that does not come.
  static func timeout(_ seconds: Double, batch: Int, _ indices: [Int], worker: Int) -> LoaderError {
    LoaderError(
      .timeout, indices: indices, worker: worker, reason: LoaderTimeout(seconds: seconds, batch: batch, worker: worker),
      what: "batch \(batch)" + (indices.isEmpty ? "" : " of samples \(shown(indices))"))
  }

  private static func shown(_ indices: [Int]) -> String {
    let shown = indices.prefix(8).map(String.init) + (indices.count > 8 ? ["..."] : [])
    return "[\(shown.joined(separator: ", "))]"
  }

  private init(
    _ kind: Kind, index: Int? = nil, name: String? = nil, indices: [Int] = [], worker: Int? = WorkerInfo.current?.id,
    reason: any Error, what: String
  ) {
    (self.kind, self.index, self.name, self.indices) = (kind, index, name, indices)
    (self.worker, self.reason, self.what) = (worker, reason, what)
  }

  /// `sample 17 (cats/12.jpg): the file ends in the middle of the picture`.
  public var description: String { what + (name.map { " (\($0))" } ?? "") + ": \(reason)" }
}

/// A worker that did not deliver a batch in time.
public struct LoaderTimeout: Error, Sendable, Hashable, CustomStringConvertible {
  /// How long the loop waited.
  public let seconds: Double
  /// Which batch of the epoch was waited for, from 0.
  public let batch: Int
  /// Whose batch it is.
  public let worker: Int

  /// `worker 1 did not deliver it within 5.0 s`.
  public var description: String { "worker \(worker) did not deliver it within \(seconds) s" }
}

/// What a loader does about samples that cannot be read, or not be put together.
public enum LoaderErrorPolicy: Sendable {
  /// A `for` loop ends the program with the error, ``DataLoader/makeThrowingIterator()`` throws it.
  case stop
  /// Batches go on without these samples; where samples do not fit together, without their batch. `report` gets each
  /// error, in order, on the thread of the loop. A stream that cannot begin stops the loop all the same, and so does a
  /// worker that does not deliver in time.
  case skip(_ report: @Sendable (LoaderError) -> Void)
}
