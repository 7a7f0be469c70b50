/// Helpers around modules and gradients, as `torch.nn.utils`.
public enum Utils {}
