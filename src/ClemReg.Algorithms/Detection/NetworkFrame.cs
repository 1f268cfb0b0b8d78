namespace ClemReg.Algorithms.Detection;

/// <summary>How an image is brought to a network's input.</summary>
public enum FrameKind
{
    /// <summary>Ultralytics: whole, in the middle, grey 114 around it.</summary>
    Letterbox,
    /// <summary>YOLOX: whole, at the upper left, grey 114 beside it.</summary>
    TopLeft,
    /// <summary>pytorch-YOLOv4: stretched to fill it, pixels' areas kept (OpenCV).</summary>
    Stretch,
    /// <summary>Darknet: stretched to fill it, the corners' pixels onto the corners'.</summary>
    StretchCorners,
    /// <summary>Darknet with letter_box=1: whole, in the middle, grey 0.5 around it.</summary>
    DarknetLetterbox,
}

/// <summary>Where a picture lies in a network's input, and the way back from there.</summary>
public sealed class NetworkFrame
{
    /// <summary>What surrounds a letterboxed picture in networks of Ultralytics and Megvii, of 255.</summary>
    private const float Grey = 114f / 255;

    private readonly (int Index, float Part)[] _columns, _rows;
    private readonly int _left, _top, _width, _height;
    private readonly float _pad;
    private readonly double _ratioX, _ratioY;

    /// <summary>Prepares the way for pictures of one size.</summary>
    /// <param name="pictureHeight">Rows of the picture.</param>
    /// <param name="pictureWidth">Columns of it.</param>
    /// <param name="height">Rows of the network's input.</param>
    /// <param name="width">Columns of it.</param>
    /// <param name="kind">How.</param>
    /// <param name="open">For <see cref="FrameKind.Letterbox"/>: whether the network takes any size; it is then given no more grey than up to the next multiple of its coarsest stride, as Ultralytics does it.</param>
    public NetworkFrame(int pictureHeight, int pictureWidth, int height, int width, FrameKind kind, bool open = false)
    {
        (PictureHeight, PictureWidth) = (pictureHeight, pictureWidth);
        double ratio = Math.Min((double)height / pictureHeight, (double)width / pictureWidth);
        (_width, _height) = kind switch
        {
            FrameKind.Letterbox => (Side(Math.Round(pictureWidth * ratio), width), Side(Math.Round(pictureHeight * ratio), height)),
            FrameKind.TopLeft or FrameKind.DarknetLetterbox => (Side(Math.Truncate(pictureWidth * ratio + 1e-9), width), Side(Math.Truncate(pictureHeight * ratio + 1e-9), height)),
            _ => (width, height),
        };
        if (open && kind == FrameKind.Letterbox) (height, width) = (Multiple(_height, height), Multiple(_width, width));
        (Height, Width) = (height, width);
        (_left, _top) = kind switch
        {
            FrameKind.Letterbox => ((int)Math.Round((width - _width) / 2.0 - 0.1), (int)Math.Round((height - _height) / 2.0 - 0.1)),
            FrameKind.DarknetLetterbox => ((width - _width) / 2, (height - _height) / 2),
            _ => (0, 0),
        };
        // Ultralytics and Megvii go back by the ratio, though the drawn size was rounded.
        (_ratioX, _ratioY) = kind is FrameKind.Letterbox or FrameKind.TopLeft ? (ratio, ratio) : ((double)_width / pictureWidth, (double)_height / pictureHeight);
        _pad = kind == FrameKind.DarknetLetterbox ? 0.5f : Grey;
        // Darknet's resize aligns the corners' pixels, the others' the pictures' edges.
        bool corners = kind is FrameKind.StretchCorners or FrameKind.DarknetLetterbox;
        _columns = Taps(pictureWidth, _width, corners);
        _rows = Taps(pictureHeight, _height, corners);
    }

    /// <summary>Rows of the picture.</summary>
    public int PictureHeight { get; }

    /// <summary>Columns of it.</summary>
    public int PictureWidth { get; }

    /// <summary>Rows of the network's input.</summary>
    public int Height { get; }

    /// <summary>Columns of it.</summary>
    public int Width { get; }

    /// <summary>Draws a picture into a plane of the network's input: straight lines between pixels' centres, without a filter against aliasing, as the networks' own programs do.</summary>
    /// <param name="picture">PictureHeight x PictureWidth grey values, 0 to 1.</param>
    /// <param name="to">Height x Width values.</param>
    /// <param name="factor">What 1 becomes: 1 or 255.</param>
    public void Draw(ReadOnlySpan<float> picture, Span<float> to, float factor)
    {
        to.Fill(_pad * factor);
        for (int y = 0; y < _height; y++)
        {
            (int row, float down) = _rows[y];
            ReadOnlySpan<float> upper = picture.Slice(row * PictureWidth, PictureWidth), lower = picture.Slice(Math.Min(row + 1, PictureHeight - 1) * PictureWidth, PictureWidth);
            Span<float> target = to.Slice((_top + y) * Width + _left, _width);
            for (int x = 0; x < target.Length; x++)
            {
                (int column, float right) = _columns[x];
                int next = Math.Min(column + 1, PictureWidth - 1);
                float above = upper[column] + right * (upper[next] - upper[column]), below = lower[column] + right * (lower[next] - lower[column]);
                target[x] = factor * (above + down * (below - above));
            }
        }
    }

    /// <summary>A box of the network's input in the picture's pixels, cut at its ends.</summary>
    public DetectedBox Back(in DetectedBox box)
    {
        double X(double x) => Math.Clamp((x - _left) / _ratioX, 0, PictureWidth);
        double Y(double y) => Math.Clamp((y - _top) / _ratioY, 0, PictureHeight);
        return box with { Left = X(box.Left), Top = Y(box.Top), Right = X(box.Right), Bottom = Y(box.Bottom) };
    }

    private static int Multiple(int side, int most)
    {
        int stride = YoloLayout.StandardStrides[^1];
        return Math.Min((side + stride - 1) / stride * stride, most);
    }

    private static int Side(double side, int most) => (int)Math.Clamp(side, 1, most);

    private static (int Index, float Part)[] Taps(int from, int to, bool corners)
    {
        var taps = new (int, float)[to];
        for (int i = 0; i < to; i++)
        {
            double at = corners ? (to > 1 ? i * (from - 1.0) / (to - 1) : 0) : (i + 0.5) * from / to - 0.5;
            at = Math.Clamp(at, 0, from - 1);
            int index = Math.Min((int)at, from - 1);
            taps[i] = (index, (float)(at - index));
        }
        return taps;
    }
}
