using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Detection;

/// <summary>How objects are looked for.</summary>
public sealed record DetectionOptions
{
    /// <summary>Boxes of a lower score are left out, 0 to 1 [box_score].</summary>
    public double Threshold { get; init; } = 0.25;

    /// <summary>Boxes of one class that overlap by more are one, 0 to 1; null: as the card says, or usual for the layout [box_overlap].</summary>
    public double? Overlap { get; init; }

    /// <summary>So many boxes a slice at most, the surest [boxes_per_slice].</summary>
    public int MostBoxes { get; init; } = 300;

    /// <summary>The side of the pieces that a slice is cut into, pixels of the image; 0: the whole slice at once [detect_tile].</summary>
    public int Tile { get; init; }

    /// <summary>How far neighbouring pieces overlap, pixels: at least the largest object's side [detect_tile_overlap].</summary>
    public int TileOverlap { get; init; } = 128;

    /// <summary>Checks them.</summary>
    /// <exception cref="BadInputException">One is not allowed.</exception>
    public void Check()
    {
        if (!(Threshold is > 0 and <= 1)) throw BadInputException.ForParameter("box_score", Threshold, "above 0, at most 1", "Usual is 0.25.");
        if (Overlap is { } overlap && !(overlap is >= 0 and <= 1)) throw BadInputException.ForParameter("box_overlap", overlap, "from 0 to 1", "Usual are 0.45 and 0.7.");
        if (MostBoxes < 1) throw BadInputException.ForParameter("boxes_per_slice", MostBoxes, "1 or more");
        if (Tile < 0 || Tile is > 0 and < 32) throw BadInputException.ForParameter("detect_tile", Tile, "0 (the whole slice) or 32 and more pixels");
        if (TileOverlap < 0 || Tile > 0 && TileOverlap >= Tile)
            throw BadInputException.ForParameter("detect_tile_overlap", TileOverlap, $"0 or more and below detect_tile = {Tile}", "Take the largest object's side.");
    }
}

/// <summary>Finds objects as boxes with a YOLO network, slice by slice; one slice is in memory at a time.</summary>
public sealed class ObjectDetector
{
    /// <summary>A box that ends this near to a piece's border (pixels of the image) may be cut by it.</summary>
    private const double BorderReach = 2;

    private readonly IInferenceSession _session;
    private readonly DetectorCard _card;
    private readonly TensorInfo _input;
    private readonly YoloLayout _layout;
    private readonly int _height, _width, _channels;
    private readonly float _white;
    private readonly bool _open;

    /// <summary>Joins a network and what is known about it; runs it once on an empty image to see its outputs.</summary>
    /// <exception cref="ModelException">It takes no image, or its outputs are no boxes.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public ObjectDetector(IInferenceSession session, DetectorCard card, Job job)
    {
        (_session, _card) = (session, card);
        if (session.Inputs.Count != 1 || session.Inputs[0] is not { Type: TensorType.Float32, Shape.Count: 4 } input)
            throw new ModelException($"{card.Name}: it takes {string.Join("; ", session.Inputs)}, where one Float32 image (1, channels, y, x) is needed. Export the model without its own preprocessing.");
        _input = input;
        if (input.Shape[0].Size > 1) throw new ModelException($"{card.Name}: it takes {input.Shape[0].Size} images at once, where 1, or any number, is needed. Export it with a batch of 1.");
        _channels = (int)(input.Shape[1].Size >= 0 ? input.Shape[1].Size : 3);
        if (_channels is not (1 or 3)) throw new ModelException($"{card.Name}: it takes {_channels} channels, where 1 or 3 are needed.");
        (_height, _width) = (Side(input.Shape[2]), Side(input.Shape[3]));
        _open = input.Shape[2].Size < 0 && input.Shape[3].Size < 0;
        using InferenceTensor nothing = InferenceTensor.Allocate(TensorType.Float32, 1, _channels, _height, _width);
        using InferenceResult result = Run(nothing, job);
        _layout = YoloLayout.Recognise([.. session.Outputs.Select(o => result[o.Name].Shape)], _height, _width, card.Classes.Count, card.Layout, card.Name);
        Frame = card.Resize ?? _layout.Kind switch
        {
            YoloKind.V4 => FrameKind.Stretch,
            YoloKind.Darknet => FrameKind.StretchCorners,
            YoloKind.Yolox => FrameKind.TopLeft,
            _ => FrameKind.Letterbox,
        };
        _white = (float)(card.White ?? (_layout.Kind == YoloKind.Yolox ? 255 : 1));

        int Side(TensorAxis axis) => axis.Size >= 0 ? (int)Math.Min(axis.Size, int.MaxValue) : card.Side;
    }

    /// <summary>What the outputs are.</summary>
    public YoloLayout Layout => _layout;

    /// <summary>How images are brought to the input.</summary>
    public FrameKind Frame { get; }

    /// <summary>The input's rows and columns; of a network that takes any size the most.</summary>
    public (int Height, int Width) InputSize => (_height, _width);

    /// <summary>Which overlap makes two boxes one, where the user does not say.</summary>
    public double UsualOverlap => _card.Overlap ?? (_layout.Kind is YoloKind.V8 or YoloKind.EndToEnd ? 0.7 : 0.45);

    /// <summary>Finds the objects of each slice.</summary>
    /// <param name="image">The EM; its slices are read in order, one at a time.</param>
    /// <param name="low">The intensity that is black.</param>
    /// <param name="high">The one that is white.</param>
    /// <param name="options">How.</param>
    /// <param name="take">Gets a slice's number and its boxes in pixels of the image, the surest first.</param>
    /// <param name="job">Cancellation, progress.</param>
    /// <exception cref="BadInputException">An option is not allowed, or a voxel is not a finite number.</exception>
    public void Detect(ISliceSource image, double low, double high, DetectionOptions options, Action<int, IReadOnlyList<DetectedBox>> take, Job job)
    {
        options.Check();
        Size3 size = image.Grid.Size;
        var slices = new FloatSlices(image);
        IReadOnlyList<SliceTile> pieces = SliceTile.Of(size, options.Tile, options.TileOverlap);
        var frames = pieces.Select(p => (p.Height, p.Width)).Distinct().ToDictionary(s => s, s => new NetworkFrame(s.Height, s.Width, _height, _width, Frame, _open));
        var grey = new float[pieces.Max(p => p.Height * p.Width)];
        for (int z = 0; z < size.Z; z++)
        {
            ReadOnlySpan<float> slice = slices.ReadFinite(z, job);
            var found = new List<DetectedBox>();
            for (int p = 0; p < pieces.Count; p++)
            {
                SliceTile piece = pieces[p];
                Fill(grey, slice, size.X, piece, low, high);
                NetworkFrame frame = frames[(piece.Height, piece.Width)];
                using InferenceTensor input = InferenceTensor.Allocate(TensorType.Float32, 1, _channels, frame.Height, frame.Width);
                Span<float> values = input.Values<float>();
                int plane = frame.Height * frame.Width;
                frame.Draw(grey, values[..plane], _white);
                for (int channel = 1; channel < _channels; channel++) values[..plane].CopyTo(values.Slice(channel * plane, plane));
                using InferenceResult result = Run(input, job);
                foreach (DetectedBox box in YoloDecoder.Decode(_layout, [.. _session.Outputs.Select(o => result[o.Name])], frame.Height, frame.Width, _card.Scales, options.Threshold, _card.Name))
                {
                    DetectedBox own = frame.Back(box);
                    if (own.Area > 0 && !IsCut(own, piece, size, options.TileOverlap)) found.Add(own with { Left = own.Left + piece.X, Right = own.Right + piece.X, Top = own.Top + piece.Y, Bottom = own.Bottom + piece.Y });
                }
                job.Report((z + (p + 1.0) / pieces.Count) / size.Z);
            }
            take(z, BoxSuppression.Run(found, options.Overlap ?? UsualOverlap, options.MostBoxes, _card.Beta));
        }
    }

    private InferenceResult Run(InferenceTensor input, Job job) => _session.Run(new Dictionary<string, InferenceTensor> { [_input.Name] = input }, job);

    /// <summary>Whether a box is cut by a border of its piece within the image and a neighbouring piece sees all of it.</summary>
    private static bool IsCut(in DetectedBox box, SliceTile piece, Size3 size, int overlap)
    {
        bool x = (box.Left < BorderReach && piece.X > 0 || box.Right > piece.Width - BorderReach && piece.X + piece.Width < size.X) && box.Right - box.Left < overlap - BorderReach;
        bool y = (box.Top < BorderReach && piece.Y > 0 || box.Bottom > piece.Height - BorderReach && piece.Y + piece.Height < size.Y) && box.Bottom - box.Top < overlap - BorderReach;
        return x || y;
    }

    private static void Fill(Span<float> grey, ReadOnlySpan<float> slice, int width, SliceTile piece, double low, double high)
    {
        var (least, factor) = ((float)low, (float)(1 / (high - low)));
        for (int y = 0; y < piece.Height; y++)
        {
            ReadOnlySpan<float> row = slice.Slice((piece.Y + y) * width + piece.X, piece.Width);
            for (int x = 0; x < row.Length; x++) grey[y * piece.Width + x] = Math.Clamp((row[x] - least) * factor, 0, 1);
        }
    }
}
