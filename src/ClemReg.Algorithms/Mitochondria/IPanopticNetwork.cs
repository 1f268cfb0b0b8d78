namespace ClemReg.Algorithms.Mitochondria;

/// <summary>A panoptic network of the DeepLab kind: it tells mitochondria from the rest, where their centres are, and of each pixel which way its centre lies.</summary>
public interface IPanopticNetwork
{
    /// <summary>The head that decides about single pixels, when the outputs are dense: PointRend is then done here. Null when the network does it or has none.</summary>
    IPointHead? PointHead => null;

    /// <summary>The only slice size that the network takes, or null when it takes any multiple of the padding factor. Larger slices are given to it in pieces.</summary>
    (int Height, int Width)? FixedSize => null;

    /// <summary>Runs the network on one slice. Called from one thread at a time.</summary>
    /// <param name="image">Normalised and padded pixels, height * width, x fastest. Valid during the call.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="job">Threads and cancellation, which should end the call within 100 ms.</param>
    /// <returns>The outputs, valid until the next call.</returns>
    PanopticOutput Run(ReadOnlyMemory<float> image, int height, int width, Job job);
}

/// <summary>The head of PointRend: a small perceptron that decides about single pixels.</summary>
public interface IPointHead
{
    /// <summary>Logits of points.</summary>
    /// <param name="features">The decoder's features at the points: channels * points, points fastest.</param>
    /// <param name="coarse">The coarse logits at the points.</param>
    /// <param name="logits">Receives a logit a point; its length is the number of points.</param>
    /// <param name="job">Threads and cancellation.</param>
    void Evaluate(ReadOnlyMemory<float> features, ReadOnlyMemory<float> coarse, Memory<float> logits, Job job);
}

/// <summary>A picture of floats: channels, rows, columns, the last fastest.</summary>
/// <param name="Values">Channels * height * width of them.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct FloatPicture(ReadOnlyMemory<float> Values, int Channels, int Height, int Width);

/// <summary>What a network gives for a slice of h x w pixels (its input).</summary>
/// <param name="Semantic">
/// The logit of being mitochondrion, one channel, at 2^k times h x w, k of any sign: MitoNet's graph with PointRend has k = 0, its dense graph
/// k = -2.
/// </param>
/// <param name="Centres">The heat map of centres, one channel, s times smaller than h x w: s = 4 for MitoNet, 1 where the network enlarges it.</param>
/// <param name="Offsets">dy, dx from each pixel of the heat map to its object's centre, in pixels of the input; two channels.</param>
/// <param name="Features">The features that <see cref="IPanopticNetwork.PointHead"/> needs, at the size of <paramref name="Semantic"/>; null without.</param>
public sealed record PanopticOutput(FloatPicture Semantic, FloatPicture Centres, FloatPicture Offsets, FloatPicture? Features = null);
