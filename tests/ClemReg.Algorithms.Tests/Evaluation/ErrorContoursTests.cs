using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Evaluation;

/// <summary>Lines of equal predicted error in the overlay.</summary>
public sealed class ErrorContoursTests
{
    private static readonly Grid Em = new(new Size3(20, 300, 400), new Point3(20, 20, 20), new Point3(100, -200, 300));

    /// <summary>Error that rises along x by `slope` nm a nm.</summary>
    private static OverlayPicture Draw(double least, double slope)
    {
        using var mask = new BitVolume(Em);
        using var moving = new Volume<byte>(Em);
        var map = new Volume<float>(new Grid(new Size3(2, 2, 2), new Point3(19 * 20, 299 * 20, 399 * 20), Em.Origin));
        using (map)
        {
            for (int z = 0; z < 2; z++)
                for (int y = 0; y < 2; y++) (map[z, y, 0], map[z, y, 1]) = ((float)least, (float)(least + slope * 399 * 20));
            return OverlayRenderer.Render(null, mask, moving, AffineTransform.Identity, new OverlayOptions { PredictedError = map }, new Job(2));
        }
    }

    private static bool Yellow(OverlayPicture p, int x, int y)
    {
        int i = (y * p.Width + x) * 3;
        return p.Rgb[i] > 100 && p.Rgb[i + 1] > 80 && p.Rgb[i + 2] < 60;
    }

    [Fact]
    public void They_lie_at_round_values_in_the_views_after_registration_only()
    {
        // 4.5 to 16.5 nm: lines at 6, 8, ... would be too many; every 2 nm is the longest round step for a third of 12.
        OverlayPicture picture = Draw(4.5, 12.0 / (399 * 20));
        Assert.Equal("Predicted error 4.5 to 16 nm in these planes: yellow lines.", picture.Errors);
        OverlayPanel after = picture.Panels[3], before = picture.Panels[0];
        for (int x = 0; x < before.Width; x++) Assert.False(Yellow(picture, before.X + x, before.Y + before.Height / 3));
        int[] lines = [.. Enumerable.Range(0, after.Width).Where(x => Yellow(picture, after.X + x, after.Y + after.Height / 3))];
        double[] expected = [.. new double[] { 6, 8, 10, 12, 14, 16 }.Select(e => ((e - 4.5) / 12 * 399 + 0.5) / 400 * after.Width)];
        Assert.Equal(expected.Length, lines.Length);
        foreach ((double e, int line) in expected.Zip(lines)) Assert.InRange(line, e - 2.5, e + 2.5);
        Assert.Contains(picture.Labels, l => l.Text == "6 nm");
        foreach (OverlayLabel label in picture.Labels)
            Assert.Contains(picture.Panels.Skip(3), p => label.X >= p.X && label.X < p.X + p.Width && label.Y >= p.Y && label.Y < p.Y + p.Height);
    }

    [Fact]
    public void An_even_error_has_no_line_but_is_told()
    {
        OverlayPicture picture = Draw(3, 0);
        Assert.Empty(picture.Labels);
        Assert.Equal("Predicted error 3 to 3 nm in these planes.", picture.Errors);
    }

    [Fact]
    public void An_error_that_is_not_finite_has_no_line() => Assert.Empty(Draw(double.NaN, 1).Labels);
}
