using ClemReg.Algorithms.Evaluation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Evaluation;

public sealed class OverlayRendererTests
{
    private static readonly (int Z, int Y, int X) Place = (6, 21, 33);

    [Theory]
    [InlineData(1, 1, 1, 20, 20, 20, 1800)]
    [InlineData(106, 175, 148, 20, 20, 20, 1800)]
    [InlineData(10, 300, 200, 50, 4.6, 4.6, 700)]
    [InlineData(70, 13, 7, 20, 20, 20, 200)]
    [InlineData(3, 40, 61, 500, 20, 25, 1000)]
    public void The_layout_is_to_scale_and_inside_the_picture(int z, int y, int x, double sz, double sy, double sx, int width)
    {
        var grid = new Grid(new Size3(z, y, x), new Point3(sz, sy, sx));
        using var mask = new BitVolume(grid);
        using var moving = new Volume<byte>(grid);
        OverlayPicture picture = OverlayRenderer.Render(null, mask, moving, AffineTransform.Identity, new OverlayOptions { MaxWidth = width }, new Job(1));
        Assert.InRange(picture.Width, 1, width);
        Assert.InRange(picture.Height, 1, width);
        Assert.Equal(picture.Width * picture.Height * 3, picture.Rgb.Length);
        Assert.Equal(["Before, xy", "Before, yz", "Before, xz", "After, xy", "After, yz", "After, xz"], picture.Panels.Select(p => p.Title));
        for (int i = 0; i < 6; i++)
        {
            OverlayPanel p = picture.Panels[i];
            Assert.True(p.X >= 0 && p.Y >= OverlayPanel.TitleHeight && p.X + p.Width <= picture.Width && p.Y + p.Height <= picture.Height);
            (double across, double down) = (i % 3) switch { 0 => (x * sx, y * sy), 1 => (z * sz, y * sy), _ => (x * sx, z * sz) };
            Assert.InRange(p.Width, Math.Max(1, across / p.NmPerPixel - 0.5), Math.Max(1, across / p.NmPerPixel + 0.5));
            Assert.InRange(p.Height, Math.Max(1, down / p.NmPerPixel - 0.5), Math.Max(1, down / p.NmPerPixel + 0.5));
            foreach (OverlayPanel q in picture.Panels.Where(q => q != p))
                Assert.True(q.X >= p.X + p.Width || p.X >= q.X + q.Width || q.Y >= p.Y + p.Height || p.Y >= q.Y + q.Height, $"{p} and {q} overlap");
        }
    }

    [Fact]
    public void A_deformable_transform_is_drawn_as_the_affine_one_that_it_equals()
    {
        var grid = new Grid(new Size3(12, 40, 50), new Point3(40, 40, 40));
        var mask = new BitVolume(grid);
        for (int z = 0; z < 12; z++)
            for (int y = 0; y < 40; y++)
                for (int x = 15; x < 30; x++) mask[z, y, x] = true;
        using var moving = new Volume<byte>(new Grid(new Size3(6, 40, 50), new Point3(80, 40, 40)));
        for (int z = 0; z < 6; z++)
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 50; x++) moving[z, y, x] = (byte)(3 * x + 2 * y + 5 * z);
        var shift = new AffineTransform([1, 0, 0, 20, 0, 1, 0, -100, 0, 0, 1, 150]);
        Point3[] corners = [new(0, 0, 0), new(500, 0, 0), new(0, 1500, 0), new(0, 0, 2000), new(300, 900, 1000)];
        ThinPlateSpline spline = ThinPlateFit.Make(new(corners), new([.. corners.Select(shift.Apply)]), new ThinPlateOptions(), new Job(1)).Transform;
        OverlayPicture a = OverlayRenderer.Render(null, mask, moving, shift, new OverlayOptions(), new Job(1));
        OverlayPicture b = OverlayRenderer.Render(null, mask, moving, spline, new OverlayOptions(), new Job(2));
        int differ = a.Rgb.Zip(b.Rgb).Count(p => Math.Abs(p.First - p.Second) > 2);
        Assert.True(differ < a.Rgb.Length / 200, $"{differ} bytes differ");
        Assert.Equal(a.Caption, b.Caption);
    }

    [Fact]
    public void A_scale_bar_is_as_long_as_it_says_and_white_on_black()
    {
        var grid = new Grid(new Size3(20, 300, 400), new Point3(20, 20, 20));
        using var mask = new BitVolume(grid);
        using var moving = new Volume<byte>(grid);
        OverlayPicture picture = OverlayRenderer.Render(null, mask, moving, AffineTransform.Identity, new OverlayOptions(), new Job(1));
        Assert.Equal(2, picture.ScaleBars.Count);
        for (int i = 0; i < 2; i++)
        {
            OverlayScaleBar bar = picture.ScaleBars[i];
            OverlayPanel panel = picture.Panels[3 * i];
            Assert.Equal(2000, bar.LengthNm);
            Assert.Equal(bar.LengthNm / panel.NmPerPixel, bar.Width, 0.5);
            Assert.True(bar.X > panel.X && bar.X + bar.Width < panel.X + panel.Width && bar.Y > panel.Y && bar.Y + bar.Height < panel.Y + panel.Height);
            for (int x = 0; x < bar.Width; x++) Assert.Equal((255, 255, 255), Pixel(picture, bar.X + x, bar.Y + bar.Height / 2));
            Assert.Equal((0, 0, 0), Pixel(picture, bar.X - 1, bar.Y));
            Assert.Equal((0, 0, 0), Pixel(picture, bar.X + bar.Width, bar.Y));
        }
    }

    [Theory]
    [InlineData(OverlayColor.Magenta)]
    [InlineData(OverlayColor.Green)]
    public void Fluorescence_appears_where_the_transform_puts_it_in_all_planes(OverlayColor color)
    {
        using Scene scene = new();
        var options = new OverlayOptions { Color = color, Point = Place };
        OverlayPicture picture = OverlayRenderer.Render(null, scene.Mask, scene.Moving, scene.Truth, options, new Job(2));
        Assert.Contains("at its own coordinates", picture.Caption, StringComparison.Ordinal);
        Assert.Contains("x 33, y 21, z 6", picture.Caption, StringComparison.Ordinal);
        for (int panel = 0; panel < 6; panel++)
        {
            OverlayPanel p = picture.Panels[panel];
            (double across, double down) = (panel % 3) switch
            {
                0 => ((33 + .5) / 50, (21 + .5) / 40),
                1 => ((6 + .5) / 12, (21 + .5) / 40),
                _ => ((33 + .5) / 50, (6 + .5) / 12),
            };
            (int r, int g, int b) = Pixel(picture, p.X + (int)(across * p.Width), p.Y + (int)(down * p.Height));
            Assert.Equal(r, b);
            if (panel < 3) Assert.Equal((115, 115, 115), (r, g, b)); // the mask alone, 0.45 of white
            else Assert.Equal(color == OverlayColor.Magenta ? (255, 115, 255) : (115, 255, 115), (r, g, b));
        }
    }

    [Fact]
    public void Images_far_apart_are_shown_centre_on_centre_before()
    {
        var grid = new Grid(new Size3(11, 41, 51), new Point3(20, 20, 20), new Point3(0, 5e6, 0));
        using var mask = new BitVolume(grid);
        using var moving = new Volume<byte>(new Grid(new Size3(5, 5, 5), new Point3(60, 60, 60)));
        moving[2, 2, 2] = 200;
        var options = new OverlayOptions { Point = (5, 20, 25) };
        OverlayPicture picture = OverlayRenderer.Render(null, mask, moving, AffineTransform.Identity, options, new Job(1));
        Assert.Contains("centres are aligned", picture.Caption, StringComparison.Ordinal);
        Assert.Contains("lies outside these planes", picture.Caption, StringComparison.Ordinal);
        OverlayPanel before = picture.Panels[0], after = picture.Panels[3];
        Assert.Equal((255, 0, 255), Pixel(picture, before.X + before.Width / 2, before.Y + before.Height / 2));
        Assert.Equal((0, 0, 0), Pixel(picture, after.X + after.Width / 2, after.Y + after.Height / 2));
    }

    [Fact]
    public void The_EM_is_read_once_in_order_and_stays_visible_under_the_fluorescence()
    {
        using Scene scene = new();
        var image = new Stripes(scene.Mask.Grid);
        var options = new OverlayOptions { Point = Place };
        OverlayPicture picture = OverlayRenderer.Render(image, scene.Mask, scene.Moving, scene.Truth, options, new Job(2));
        Assert.Equal(12, image.Next);
        OverlayPanel after = picture.Panels[3];
        // Neighbouring stripes, 40 and 220, inside the bright spot: both magenta, and still told apart by eye.
        double voxel = (double)after.Width / 50;
        (int r1, int g1, _) = Pixel(picture, after.X + (int)(33.5 * voxel), after.Y + (int)(21.5 * voxel));
        (int r2, int g2, _) = Pixel(picture, after.X + (int)(32.5 * voxel), after.Y + (int)(21.5 * voxel));
        Assert.True(r1 > g1 + 80 && r2 > g2 + 80);
        Assert.True(Math.Abs(g1 - g2) > 80);
    }

    [Fact]
    public void The_outline_is_the_rim_of_the_mask_and_can_be_left_out()
    {
        using Scene scene = new();
        using var dark = new Volume<byte>(scene.Mask.Grid);
        OverlayPicture with = OverlayRenderer.Render(dark, scene.Mask, scene.Moving, scene.Truth, new OverlayOptions { Point = Place }, new Job(1));
        OverlayPicture without = OverlayRenderer.Render(dark, scene.Mask, scene.Moving, scene.Truth, new OverlayOptions { Point = Place, Outline = false }, new Job(1));
        OverlayPanel xy = with.Panels[0];
        double voxel = (double)xy.Width / 50;
        int y = xy.Y + (int)(21.5 * voxel), left = xy.X + (int)Math.Round(30 * voxel);
        (int r, int g, _) = Pixel(with, left, y);
        Assert.True(g > 200 && r < 50);
        (r, g, _) = Pixel(with, left + 3, y);
        Assert.True(g < 50 && r < 50);
        (r, g, _) = Pixel(with, left - 1, y);
        Assert.True(g < 50 && r < 50);
        (r, g, _) = Pixel(without, left, y);
        Assert.True(g < 50 && r < 50);
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_picture()
    {
        using Scene scene = new();
        var image = new Stripes(scene.Mask.Grid);
        byte[] Render(int threads) =>
            OverlayRenderer.Render(new Stripes(image.Grid), scene.Mask, scene.Moving, scene.Truth, new OverlayOptions(), new Job(threads)).Rgb;
        byte[] expected = Render(1);
        foreach (int threads in (int[])[2, 3, 7]) Assert.Equal(expected, Render(threads));
    }

    [Fact]
    public void The_densest_point_is_in_the_planes_with_the_most_mask_but_not_at_the_rim()
    {
        using var mask = new BitVolume(new Grid(new Size3(40, 60, 130), new Point3(1, 1, 1)));
        Assert.Equal((20, 30, 65), OverlayRenderer.DensestPoint(mask, new Job(1)));
        for (int y = 0; y < 60; y++)
            for (int x = 0; x < 130; x++) mask[0, y, x] = true;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                for (int k = 0; k < 7; k++) mask[28 + i, 40 + j, 70 + k] = true;
        (int z, int py, int px) = OverlayRenderer.DensestPoint(mask, new Job(1));
        Assert.InRange(z, 28, 30);
        Assert.InRange(py, 39, 43);
        Assert.InRange(px, 69, 77);
    }

    [Fact]
    public void Bad_input_is_named()
    {
        using Scene scene = new();
        using var other = new Volume<byte>(new Grid(new Size3(12, 40, 49), new Point3(20, 20, 20)));
        BadInputException Fails(ISliceSource? image, AffineTransform transform, OverlayOptions options) =>
            Assert.Throws<BadInputException>(() => OverlayRenderer.Render(image, scene.Mask, scene.Moving, transform, options, new Job(1)));
        Assert.Contains("12 x 40 x 49", Fails(other, scene.Truth, new OverlayOptions()).Message, StringComparison.Ordinal);
        Assert.Contains("point", Fails(null, scene.Truth, new OverlayOptions { Point = (0, 40, 0) }).Message, StringComparison.Ordinal);
        Assert.Contains("max_width = 100", Fails(null, scene.Truth, new OverlayOptions { MaxWidth = 100 }).Message, StringComparison.Ordinal);
        var flat = new AffineTransform([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
        Assert.Contains("singular", Fails(null, flat, new OverlayOptions()).Message, StringComparison.Ordinal);
        using var cancel = new CancellationTokenSource();
        cancel.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
            OverlayRenderer.Render(null, scene.Mask, scene.Moving, scene.Truth, new OverlayOptions(), new Job(1, cancel.Token)));
    }

    [Fact]
    public void Views_hold_the_panels_in_layers_and_are_left_out_unless_asked_for()
    {
        using Scene scene = new();
        var image = new Stripes(scene.Mask.Grid);
        OverlayPicture picture = OverlayRenderer.Render(image, scene.Mask, scene.Moving, scene.Truth, new OverlayOptions { Point = Place, Views = true }, new Job(2));
        Assert.Equal(12, image.Next);
        Assert.Empty(OverlayRenderer.Render(null, scene.Mask, scene.Moving, scene.Truth, new OverlayOptions(), new Job(1)).Views);
        OverlayView[] whole = [.. picture.Views.Where(v => v.Field == 0)];
        Assert.Equal([ViewPlane.Xy, ViewPlane.Yz, ViewPlane.Xz], whole.Select(v => v.Plane));
        for (int i = 0; i < 3; i++)
        {
            OverlayView view = whole[i];
            OverlayPanel panel = picture.Panels[i];
            Assert.Equal((panel.Width, panel.Height, panel.NmPerPixel), (view.Width, view.Height, view.NmPerPixel));
            Assert.Equal(((i == 0 ? 6 : 0), (i == 2 ? 21 : 0), (i == 1 ? 33 : 0)), view.First);
            (double across, double down) = i switch { 0 => (33.5 / 50, 21.5 / 40), 1 => (6.5 / 12, 21.5 / 40), _ => (33.5 / 50, 6.5 / 12) };
            int centre = (int)(down * view.Height) * view.Width + (int)(across * view.Width);
            // The bright box lies on the mask after, elsewhere before; the rim runs around it, not through it.
            Assert.Equal((255, 0, 0), (view.After[centre], view.Before![centre], view.Outline[centre]));
            Assert.Contains((byte)255, view.Outline);
            foreach (byte[] layer in (byte[][])[view.Em, view.Outline, view.After, view.Before]) Assert.Equal(view.Width * view.Height, layer.Length);
        }
        // Neighbouring stripes of the EM are 0 and 255 in its contrast.
        double voxel = (double)whole[0].Width / 50;
        Assert.Equal([255, 0], ((double[])[32.5, 33.5]).Select(x => (int)whole[0].Em[whole[0].Width + (int)(x * voxel)]));
    }

    [Fact]
    public void Fields_show_full_resolution_to_scale_around_mitochondria_that_the_fluorescence_reaches()
    {
        // 20 x 18 um, 2 um deep, with clumps in the corners and the middle; the fluorescence covers the left three quarters.
        var grid = new Grid(new Size3(40, 450, 500), new Point3(50, 40, 40));
        using var mask = new BitVolume(grid);
        (int Y, int X)[] clumps = [(40, 40), (40, 460), (400, 40), (400, 460), (225, 250)];
        foreach ((int cy, int cx) in clumps)
            for (int z = 12; z < 22; z++)
                for (int y = -12; y < 12; y++)
                    for (int x = -15; x < 15; x++) mask[z, cy + y, cx + x] = true;
        using var moving = new Volume<byte>(new Grid(new Size3(20, 225, 188), new Point3(100, 80, 80)));
        OverlayPicture picture = OverlayRenderer.Render(null, mask, moving, AffineTransform.Identity, new OverlayOptions { Views = true }, new Job(2));
        var fields = picture.Views.Where(v => v.Field > 0).GroupBy(v => v.Field).ToList();
        Assert.InRange(fields.Count, 3, 6);
        var seen = new HashSet<(int, int)>();
        foreach (IGrouping<int, OverlayView> field in fields)
        {
            Assert.Equal([ViewPlane.Xy, ViewPlane.Yz, ViewPlane.Xz], field.Select(v => v.Plane));
            foreach (OverlayView view in field)
            {
                Assert.Null(view.Before);
                Assert.Equal(40, view.NmPerPixel);
                Assert.True(view.First.Z >= 0 && view.First.Y >= 0 && view.First.X >= 0);
                Assert.True(view.First.Z + view.Size.Z <= 40 && view.First.Y + view.Size.Y <= 450 && view.First.X + view.Size.X <= 500);
                (double across, double down) = view.Plane switch
                {
                    ViewPlane.Xy => (view.Size.X * 40.0, view.Size.Y * 40.0),
                    ViewPlane.Yz => (view.Size.Z * 50.0, view.Size.Y * 40.0),
                    _ => (view.Size.X * 40.0, view.Size.Z * 50.0),
                };
                Assert.Equal(across / 40, view.Width, 0.5);
                Assert.Equal(down / 40, view.Height, 0.5);
                Assert.Contains((byte)255, view.Outline);
            }
            OverlayView xy = field.First();
            Assert.InRange(xy.Size.X * 40, 3000, 5000);
            foreach ((int y, int x) in clumps)
                if (y >= xy.First.Y && y < xy.First.Y + xy.Size.Y && x >= xy.First.X && x < xy.First.X + xy.Size.X) seen.Add((y, x));
        }
        Assert.Equal([(40, 40), (225, 250), (400, 40)], seen.Order());
    }

    [Fact]
    public void Without_mitochondria_or_without_fluorescence_over_them_there_are_views_all_the_same()
    {
        using Scene scene = new();
        using var empty = new BitVolume(scene.Mask.Grid);
        Assert.Equal(3, OverlayRenderer.Render(null, empty, scene.Moving, scene.Truth, new OverlayOptions { Views = true }, new Job(1)).Views.Count);
        var away = new AffineTransform([1, 0, 0, 1e6, 0, 1, 0, 0, 0, 0, 1, 0]);
        IReadOnlyList<OverlayView> views = OverlayRenderer.Render(null, scene.Mask, scene.Moving, away, new OverlayOptions { Views = true }, new Job(1)).Views;
        Assert.Equal(6, views.Count);
        Assert.All(views, v => Assert.DoesNotContain(v.After, b => b != 0));
    }

    private static (int R, int G, int B) Pixel(OverlayPicture picture, int x, int y)
    {
        int i = (y * picture.Width + x) * 3;
        return (picture.Rgb[i], picture.Rgb[i + 1], picture.Rgb[i + 2]);
    }

    /// <summary>A box of mask around <see cref="Place"/>, and fluorescence whose bright box the true transform puts onto it.</summary>
    private sealed class Scene : IDisposable
    {
        public Scene()
        {
            Mask = new BitVolume(new Grid(new Size3(12, 40, 50), new Point3(20, 20, 20)));
            Moving = new Volume<ushort>(new Grid(new Size3(12, 40, 50), new Point3(20, 20, 20)));
            for (int z = 4; z < 9; z++)
                for (int y = 18; y < 25; y++)
                    for (int x = 30; x < 37; x++)
                    {
                        Mask[z, y, x] = true;
                        Moving[z, y - 15, x - 20] = 1000;
                    }
        }

        public BitVolume Mask { get; }

        public Volume<ushort> Moving { get; }

        public AffineTransform Truth { get; } = new([1, 0, 0, 0, 0, 1, 0, 300, 0, 0, 1, 400]);

        public void Dispose()
        {
            Mask.Dispose();
            Moving.Dispose();
        }
    }

    /// <summary>An EM image of one-voxel stripes along y, whose slices may be read once, in order.</summary>
    private sealed class Stripes(Grid grid) : ISliceSource
    {
        public int Next { get; private set; }

        public Grid Grid => grid;

        public VoxelType Type => VoxelType.UInt8;

        public void ReadSlice(int z, Span<byte> destination)
        {
            Assert.Equal(Next++, z);
            for (int i = 0; i < destination.Length; i++) destination[i] = (byte)(i % grid.Size.X % 2 == 0 ? 220 : 40);
        }
    }
}
