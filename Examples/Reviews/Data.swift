import Foundation
import Torch
import TorchData
import TorchNN

/// The numbers of characters: those that stand in more than one text that is learnt from.
struct Vocabulary {
  static let padding = 0, unknown = 1
  private(set) var numbers: [Character: Int] = [:]
  var count: Int { numbers.count + 2 }
  init(_ reviews: some Sequence<Review>) {
    var texts: [Character: Int] = [:]
    for review in reviews { for character in Set(review.text) { texts[character, default: 0] += 1 } }
    for character in texts.filter({ $0.value > 1 }).keys.sorted() { numbers[character] = count }
  }
  /// The first characters of a text, at most so many.
  func encode(_ text: String, length: Int) -> Tensor {
    Tensor(text.prefix(length).map { numbers[$0] ?? Self.unknown })
  }
}

struct Review: Hashable {
  var text: String, label: Int
  static let classes = ["bad", "good"]

  /// The reviews of `neg.txt` and `pos.txt`, one a line, each text once whatever its spaces and punctuation: copies would
  /// otherwise stand in more than one part. What is in both files is left out.
  static func read(_ folder: String) throws -> [Review] {
    var found: [String: Review] = [:], order: [String] = [], torn: Set<String> = []
    for (label, file) in ["neg.txt", "pos.txt"].enumerated() {
      for line in try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8).split(whereSeparator: \.isNewline) {
        let text = unescaped(line), key = text.filter { $0.isLetter || $0.isNumber }
        if key.isEmpty { continue }
        if let known = found[key] {
          if known.label != label { torn.insert(key) }
        } else {
          found[key] = Review(text: text.filter { !$0.isWhitespace }, label: label)
          order.append(key)
        }
      }
    }
    return order.filter { !torn.contains($0) }.map { found[$0]! }
  }

  /// Some lines spell characters by number, `&#32431;`.
  private static func unescaped(_ line: Substring) -> String {
    String(line).replacing(#/&#(\d+);/#) { UInt32($0.1).flatMap(Unicode.Scalar.init).map { String($0) } ?? "" }
  }

  /// Random characters among which a word stands that says good or bad, for where there are no real reviews.
  static func invented(_ count: Int) -> [Review] {
    let words = [["很差", "失望", "糟糕"], ["很好", "喜欢", "不错"]], filler = Array("的一是在有人这书房酒店电脑我们你他和也都到说就")
    let generator = Generator(seed: 1)
    return (0..<count).map { index in
      let draw = Tensor.randint(0, filler.count, [12], generator: generator).array(Int.self)
      let before = String(draw[..<(draw[0] % 12)].map { filler[$0] }), after = String(draw.map { filler[$0] })
      return Review(text: before + words[index % 2][draw[1] % 3] + after.prefix(5), label: index % 2)
    }
  }
}

/// Reviews as numbers and classes.
struct Reviews: Dataset {
  let samples: [(text: Tensor, label: Int)]
  var count: Int { samples.count }
  subscript(index: Int) -> (text: Tensor, label: Int) { samples[index] }

  /// - Parameter length: how many characters of a text are read at most.
  init(_ reviews: some Sequence<Review>, _ vocabulary: Vocabulary, length: Int) {
    samples = reviews.map { (vocabulary.encode($0.text, length: length), $0.label) }
  }

  /// Batches `[batch, longest text]`. Texts are filled up at the front: the classifiers look at the last step's output, and
  /// behind a text the state would have to be carried over steps that say nothing.
  func loader(batchSize: Int, shuffle: Bool = false) -> DataLoader<(Tensor, Tensor)> {
    DataLoader(self, batchSize: batchSize, shuffle: shuffle) { batch in
      (Utils.padSequence(batch.map(\.text), batchFirst: true, paddingOnLeft: true), Tensor(batch.map(\.label)))
    }
  }
}
