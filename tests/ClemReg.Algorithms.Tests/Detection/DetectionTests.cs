using ClemReg.Algorithms.Detection;

namespace ClemReg.Algorithms.Tests.Detection;

public class DetectionTests
{
    [Theory]
    [InlineData(FrameKind.Letterbox, 100, 200, 64, 64)]
    [InlineData(FrameKind.Letterbox, 333, 77, 96, 64)]
    [InlineData(FrameKind.TopLeft, 100, 200, 64, 64)]
    [InlineData(FrameKind.Stretch, 33, 57, 64, 96)]
    [InlineData(FrameKind.StretchCorners, 300, 57, 64, 96)]
    [InlineData(FrameKind.DarknetLetterbox, 101, 203, 64, 64)]
    public void A_bright_square_lies_where_the_way_back_says(FrameKind kind, int pictureHeight, int pictureWidth, int height, int width)
    {
        var picture = new float[pictureHeight * pictureWidth];
        (int top, int left, int bottom, int right) = (pictureHeight / 4, pictureWidth / 3, pictureHeight / 2, pictureWidth * 2 / 3);
        for (int y = top; y < bottom; y++) picture.AsSpan(y * pictureWidth + left, right - left).Fill(1);
        var frame = new NetworkFrame(pictureHeight, pictureWidth, height, width, kind);
        var drawn = new float[height * width];
        frame.Draw(picture, drawn, 255);
        var columns = new List<int>();
        var rows = new List<int>();
        for (int i = 0; i < drawn.Length; i++)
            if (drawn[i] > 128)
            {
                columns.Add(i % width);
                rows.Add(i / width);
            }
        DetectedBox back = frame.Back(new DetectedBox(0, 1, columns.Min(), rows.Min(), columns.Max() + 1, rows.Max() + 1));
        double x = 1.1 * Math.Max(1, (double)pictureWidth / width), y1 = 1.1 * Math.Max(1, (double)pictureHeight / height);
        if (kind is FrameKind.Letterbox or FrameKind.TopLeft or FrameKind.DarknetLetterbox) x = y1 = Math.Max(x, y1);
        Assert.InRange(Math.Abs(back.Left - left), 0, x);
        Assert.InRange(Math.Abs(back.Right - right), 0, x);
        Assert.InRange(Math.Abs(back.Top - top), 0, y1);
        Assert.InRange(Math.Abs(back.Bottom - bottom), 0, y1);
    }

    [Fact]
    public void Letterboxes_are_padded_as_their_programs_do()
    {
        var frame = new NetworkFrame(10, 40, 64, 64, FrameKind.Letterbox);
        var drawn = new float[64 * 64];
        frame.Draw(Enumerable.Repeat(1f, 400).ToArray(), drawn, 255);
        Assert.Equal(114f, drawn[0], 1e-3f);
        // 16 rows of picture in 64: 24 above and below.
        Assert.Equal((114f, 255f, 255f, 114f), (At(23), At(24), At(39), At(40)));
        // A network that takes any size gets 32 rows: 8 above and below.
        var open = new NetworkFrame(10, 40, 64, 64, FrameKind.Letterbox, open: true);
        Assert.Equal((32, 64), (open.Height, open.Width));
        open.Draw(Enumerable.Repeat(1f, 400).ToArray(), drawn, 255);
        Assert.Equal((114f, 255f, 255f, 114f), (At(7), At(8), At(23), At(24)));
        Assert.Equal(new DetectedBox(0, 1, 10, 0, 40, 10), open.Back(new DetectedBox(0, 1, 16, 8, 64, 24)));
        new NetworkFrame(10, 40, 64, 64, FrameKind.TopLeft).Draw(new float[400], drawn, 255);
        Assert.Equal((0f, 0f, 114f), (At(0), At(15), At(16)));
        new NetworkFrame(10, 40, 64, 64, FrameKind.DarknetLetterbox).Draw(new float[400], drawn, 1);
        Assert.Equal(0.5f, drawn[0]);

        float At(int y) => MathF.Round(drawn[y * 64 + 5]);
    }

    [Fact]
    public void Corners_stay_corners_where_Darknet_stretches()
    {
        var drawn = new float[9];
        new NetworkFrame(2, 2, 3, 3, FrameKind.StretchCorners).Draw([0, 1, 2, 3], drawn, 1);
        Assert.Equal([0f, 0.5f, 1, 1, 1.5f, 2, 2, 2.5f, 3], drawn);
    }

    [Fact]
    public void Of_overlapping_boxes_of_one_class_the_surest_is_kept()
    {
        DetectedBox a = new(0, 0.9, 0, 0, 10, 10), b = new(0, 0.8, 1, 0, 11, 10), c = new(1, 0.7, 0, 0, 10, 10), d = new(0, 0.6, 30, 30, 40, 40);
        Assert.Equal([a, c, d], BoxSuppression.Run([d, c, b, a], 0.5, 300));
        Assert.Equal([a, b, c, d], BoxSuppression.Run([d, c, b, a], 0.9, 300));
        Assert.Equal([a, c], BoxSuppression.Run([d, c, b, a], 0.5, 2));
        Assert.Equal(9.0 / 11, DetectedBox.IntersectionOverUnion(a, b), 1e-12);
        Assert.Equal(9.0 / 11 - 1.0 / (11 * 11 + 100), DetectedBox.DistanceIntersectionOverUnion(a, b, 1), 1e-12);
        Assert.Equal(9.0 / 11 - Math.Pow(1.0 / (11 * 11 + 100), 0.6), DetectedBox.DistanceIntersectionOverUnion(a, b, BoxSuppression.DarknetBeta), 1e-12);
        Assert.Equal(0, DetectedBox.IntersectionOverUnion(new DetectedBox(0, 1, 5, 5, 5, 5), new DetectedBox(0, 1, 5, 5, 5, 5)));
        Assert.Equal([a, b], BoxSuppression.Run([a, b], 9.0 / 11, 9));
        Assert.Equal([a, b], BoxSuppression.Run([a, b], 0.815, 9, 1));
        Assert.Equal([a], BoxSuppression.Run([a, b], 0.815, 9));
        Assert.Equal([a, b], BoxSuppression.Run([a, b], 0.78, 9, BoxSuppression.DarknetBeta));
        Assert.Equal([a], BoxSuppression.Run([a, b], 0.77, 9, BoxSuppression.DarknetBeta));
        Assert.Throws<BadInputException>(() => BoxSuppression.Run([], 1.5, 9));
        Assert.Throws<BadInputException>(() => BoxSuppression.Run([], 0.5, 0));
    }

    [Theory]
    [InlineData("{0: 'mito', 1: \"Golgi's\"}", new[] { "mito", "Golgi's" })]
    [InlineData("{1: 'b', 0: 'a'}", new[] { "a", "b" })]
    [InlineData("['a, b', 'c']", new[] { "a, b", "c" })]
    [InlineData("{\"0\":\"x\"}", new[] { "x" })]
    [InlineData(@"{0: 'it\'s'}", new[] { "it's" })]
    [InlineData("{}", null)]
    [InlineData("{0: mito}", null)]
    [InlineData("{0: 'a', 2: 'c'}", null)]
    [InlineData("{0: 'a' 1: 'b'}", null)]
    [InlineData("{0: 'a", null)]
    [InlineData("", null)]
    public void Names_are_read_as_Python_writes_them(string text, string[]? names) => Assert.Equal(names, ClassNames.Read(text));

    [Fact]
    public void Labels_are_written_as_YOLO_mark_does_and_read_again()
    {
        DetectedBox[] boxes = [new(0, 1, 10, 20, 30, 60), new(3, 1, -5, 0, 5, 10), new(1, 1, 200, 0, 210, 5)];
        string text = YoloLabels.Write(boxes, 100, 200);
        Assert.Equal("0 0.100000 0.400000 0.100000 0.400000\n3 0.012500 0.050000 0.025000 0.100000\n", text);
        IReadOnlyList<DetectedBox> read = YoloLabels.Read(text + "\n-1 0.5 0.5 0.1 0.1\n  2   0.5 0.5  1 1  0.25\r\n", 100, 200, 4);
        Assert.Equal([boxes[0], new DetectedBox(3, 1, 0, 0, 5, 10), new DetectedBox(2, 0.25, 0, 0, 200, 100)], read.Select(Rounded));
        Assert.Equal("", YoloLabels.Write([], 5, 5));
        Assert.Empty(YoloLabels.Read("", 5, 5, 1));

        static DetectedBox Rounded(DetectedBox b) => b with { Left = Math.Round(b.Left, 6), Top = Math.Round(b.Top, 6), Right = Math.Round(b.Right, 6), Bottom = Math.Round(b.Bottom, 6) };
    }

    [Theory]
    [InlineData("0 0.5 0.5 0.1", "line 1: 4 values")]
    [InlineData("\n1.5 0.5 0.5 0.1 0.1", "line 2: the class '1.5'")]
    [InlineData("7 0.5 0.5 0.1 0.1", "line 1: class 7, but 2 classes are named")]
    [InlineData("0 0.5 x 0.1 0.1", "line 1: 'x' is no number")]
    [InlineData("0 NaN 0.5 0.1 0.1", "line 1: 'NaN' is no number")]
    [InlineData("0 0.5 0.5 -0.1 0.1", "line 1: centre and sides must be shares")]
    [InlineData("0 120 40 30 30", "line 1: centre and sides must be shares")]
    [InlineData("0 0.5 0.5 0 0.1", "line 1: centre and sides must be shares")]
    [InlineData("0 0.5 0.5 0.1 0.1 3", "line 1: the score 3")]
    public void Lines_that_are_no_boxes_are_refused(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<BadInputException>(() => YoloLabels.Read(text, 100, 100, 2)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"anchors\": \"yolov9\"}", "anchors = \"yolov9\" is not allowed: it must be yolov3")]
    [InlineData("{\"anchors\": {\"8\": [1,2,3]}}", "anchors")]
    [InlineData("{\"layout\": \"v6\"}", "layout = \"v6\" is not allowed: it must be one of v4, darknet")]
    [InlineData("{\"white\": 2}", "white = 2 is not allowed: it must be 1 or 255")]
    [InlineData("{\"side\": 100}", "side = 100 is not allowed: it must be a multiple of 32")]
    [InlineData("{\"overlap\": 2}", "overlap = 2")]
    [InlineData("{\"beta_nms\": 0}", "beta_nms = 0 is not allowed: it must be above 0")]
    [InlineData("{\"nams\": []}", "Did you mean name?")]
    [InlineData("{\"names\": [1]}", "a list of texts")]
    [InlineData("[", "is not JSON")]
    public void A_card_with_a_mistake_is_refused(string json, string message) =>
        Assert.Contains(message, Assert.Throws<BadInputException>(() => DetectorCard.Read(json, "m.json", new DetectorCard { Name = "m" })).Message, StringComparison.Ordinal);
}
