import Torch

/// Samples that can be put together into a batch, as `torch.utils.data.default_collate` does.
///
/// | samples | a batch |
/// |---|---|
/// | `Tensor` | the tensors, stacked |
/// | `Int`, `Double`, `Float`, `Bool` and the other numbers | a tensor: int64, float64, float32, bool... |
/// | `String` | the array of strings |
/// | arrays of n parts | an array of n batches |
/// | dictionaries | a dictionary of batches |
///
/// A loader takes tuples of such samples too. A type of one's own conforms by saying what its batch is.
public protocol Collatable: SendableMetatype {
  /// What a batch of such samples is.
  associatedtype Batch
  /// Puts samples together.
  /// - Throws: ``CollateError`` where they do not fit together.
  static func collate(_ samples: [Self]) throws -> Batch
}

/// Why samples cannot be put together into a batch.
public struct CollateError: Error, Hashable, Sendable, CustomStringConvertible {
  private let places: [Int]
  private let texts: [String]

  /// An error with a text of one's own.
  public init(_ description: String) { (places, texts) = ([], [description]) }

  /// An error about two samples of a batch, by their places in it; the loader puts their numbers in.
  init(_ first: Int, _ its: String, _ second: Int, _ other: String, advice: String = "") {
    (places, texts) = ([first, second], [" \(its), sample ", " \(other)\(advice)"])
  }

  private init(places: [Int], texts: [String]) { (self.places, self.texts) = (places, texts) }

  /// Which samples, and what differs.
  public var description: String {
    places.isEmpty ? texts[0] : "sample \(places[0])\(texts[0])\(places[1])\(texts[1])"
  }

  /// The error with the numbers that samples have in their data set.
  func numbered(_ indices: [Int]) -> CollateError {
    guard places.allSatisfy(indices.indices.contains) else { return self }
    return CollateError(places: places.map { indices[$0] }, texts: texts)
  }
}

extension Tensor: Collatable {
  /// Stacks tensors of one shape along a new first dimension.
  public static func collate(_ samples: [Tensor]) throws -> Tensor {
    for (place, tensor) in samples.enumerated() where tensor.shape != samples[0].shape {
      throw CollateError(
        0, "has the shape \(samples[0].shape.brackets)", place, tensor.shape.brackets,
        advice: "; make them alike or say how to combine them with collate:")
    }
    return stack(samples)
  }
}

extension String: Collatable {
  /// The strings as they are.
  public static func collate(_ samples: [String]) -> [String] { samples }
}

extension Array: Collatable where Element: Collatable {
  /// The batch of all first parts, that of all second ones, and so on.
  public static func collate(_ samples: [[Element]]) throws -> [Element.Batch] {
    guard let first = samples.first else { return [] }
    for (place, sample) in samples.enumerated() where sample.count != first.count {
      throw CollateError(0, "has \(first.count) parts", place, "has \(sample.count)")
    }
    return try first.indices.map { part in try Element.collate(samples.map { $0[part] }) }
  }
}

extension Dictionary: Collatable where Value: Collatable {
  /// A batch for each key of the first sample.
  public static func collate(_ samples: [[Key: Value]]) throws -> [Key: Value.Batch] {
    guard let first = samples.first else { return [:] }
    var batch: [Key: Value.Batch] = [:]
    for key in first.keys {
      let column = try samples.enumerated().map { place, sample in
        guard let value = sample[key] else {
          throw CollateError(0, "has the key \"\(key)\"", place, "has not")
        }
        return value
      }
      batch[key] = try Value.collate(column)
    }
    return batch
  }
}

// Numbers become a tensor. A Double is Python's float, of which torch makes float64; all else keeps its own type.

extension Double: Collatable {
  public static func collate(_ samples: [Double]) -> Tensor { Tensor(samples, dtype: .float64) }
}
extension Float: Collatable {
  public static func collate(_ samples: [Float]) -> Tensor { Tensor(samples) }
}
extension Bool: Collatable {
  public static func collate(_ samples: [Bool]) -> Tensor { Tensor(samples) }
}
extension Int: Collatable {
  public static func collate(_ samples: [Int]) -> Tensor { Tensor(samples) }
}
extension Int64: Collatable {
  public static func collate(_ samples: [Int64]) -> Tensor { Tensor(samples) }
}
extension Int32: Collatable {
  public static func collate(_ samples: [Int32]) -> Tensor { Tensor(samples) }
}
extension Int16: Collatable {
  public static func collate(_ samples: [Int16]) -> Tensor { Tensor(samples) }
}
extension Int8: Collatable {
  public static func collate(_ samples: [Int8]) -> Tensor { Tensor(samples) }
}
extension UInt8: Collatable {
  public static func collate(_ samples: [UInt8]) -> Tensor { Tensor(samples) }
}
