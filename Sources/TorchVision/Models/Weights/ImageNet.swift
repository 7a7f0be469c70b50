/// Facts about ImageNet, which the models were trained on.
public enum ImageNet {
  /// The mean of each channel, red, green and blue, over its pictures.
  public static let mean = [0.485, 0.456, 0.406]
  /// The deviation of each channel.
  public static let std = [0.229, 0.224, 0.225]
  /// The names of its 1000 classes, in the order of the models' logits, as torchvision has them.
  public static let categories: [String] = categoryLines.split(separator: "\n").map(String.init)
}
