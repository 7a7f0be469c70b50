extension Collection<Int> {
  /// The numbers of one to three spatial dimensions brought to three, `filler` standing for those that are missing in front.
  func asThree(_ filler: Int) -> [Int] { Array(repeating: filler, count: 3 - count) + self }
}
