/// What the command line asks for.
struct Options {
  var seed = 0
  /// How many seeds, from `seed` on.
  var seeds = 1
  var epochs = 15
  /// Where the weights go; a temporary file unless told.
  var output: String?

  static let help = """
    usage: digits [--seed N] [--seeds N] [--epochs N] [--output FILE]

    Trains a small convolutional network on 1,797 handwritten digits and tells how many of the held-out fifth it reads.

      --seed N       the seed of weights, batches and dropout (0)
      --seeds N      train with N seeds, from --seed on, and tell the mean (1)
      --epochs N     how often to go through the training digits (15)
      --output FILE  keep the weights there, as safetensors
    """

  /// The options, or one line that says what is wrong with them.
  static func parse(_ arguments: [String]) -> Result<Options, Complaint> {
    var options = Options()
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard ["--seed", "--seeds", "--epochs", "--output"].contains(name) else {
        return .failure(Complaint(text: "unknown option \(name); --help lists the options"))
      }
      guard let value = rest.popFirst() else { return .failure(Complaint(text: "\(name) wants a value")) }
      if name == "--output" {
        options.output = value
        continue
      }
      guard let number = Int(value), number >= (name == "--seed" ? 0 : 1) else {
        return .failure(Complaint(text: "\(name) wants a whole number, got \(value)"))
      }
      switch name {
      case "--seed": options.seed = number
      case "--seeds": options.seeds = number
      default: options.epochs = number
      }
    }
    return .success(options)
  }

  struct Complaint: Error { let text: String }
}
