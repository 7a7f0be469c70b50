import Testing
import Torch

/// Checks that a tensor prints as PyTorch printed the same one, up to line breaks and the width of columns.
func same(_ tensor: Tensor?, _ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
  guard let tensor else {
    Issue.record("no tensor where \(text) is wanted", sourceLocation: sourceLocation)
    return
  }
  let printed = "\(tensor)".split(whereSeparator: \.isWhitespace).joined(separator: " ")
  #expect(printed == text, sourceLocation: sourceLocation)
}

/// Checks that two numbers agree to so many digits.
func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(abs(a - b) <= tolerance * max(1, abs(b)), "\(a) is not near \(b)", sourceLocation: sourceLocation)
}
