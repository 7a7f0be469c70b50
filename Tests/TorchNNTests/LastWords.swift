import Testing

/// Checks that what a process wrote before its end holds every one of these words.
func says(_ end: ExitTest.Result?, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
  let text = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
  for word in words { #expect(text.contains(word), "\(text)", sourceLocation: sourceLocation) }
}
